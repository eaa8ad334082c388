"""The staff: named persons with roles, how they sign in, and the frame their console stands in.

Rooms of the console (the audit room, the help desk) are packages above this one: they know the
staff, the staff knows no room. A room declares its pages only through a `Room`, so that none is
mounted without saying whom it is for; whatever lies under `/staff` without that does not start
(`idp.staff.views.console.Console.check`), and a test asks every role for every page.

    from idp.policy.staff import Permission
    from idp.staff.model import Acting
    from idp.staff.views.console import Console, Menu, Open

    class ReviewPages:
        def __init__(self, console: Console, ...) -> None: ...

        def blueprint(self) -> Blueprint:
            room = self.console.room("reviews")
            room.page(
                "/staff/reviews", self.show, needs=Permission.AUDIT_REVIEW,
                menu=Menu(_("点検"), _("保存した点検と、その署名")),
            )
            room.act(
                "/staff/reviews/sign", self.sign, needs=Permission.AUDIT_REVIEW,
                recent="/staff/reviews", called=_("署名する"),
            )
            return room.blueprint

        def show(self, acting: Acting) -> Response:
            return self.console.render(acting, "staff/reviews.html", reviews=...)

        def sign(self, acting: Acting) -> Response:
            sent = read_form(request, {"csrf_token": 64, "reason": 500})
            ...  # the event's actor: acting.actor(Permission.AUDIT_REVIEW, policy.roles)
            return redirect("/staff/reviews", 303)

- It is mounted beside the others in `_staff_pages` of `idp.app`, before `console.check(app)`.
- A view gets the `Acting` staff member first, then the parts of its path.
- `page` answers GET; with `menu` it stands in the navigation of those who may open it, and at home.
- `act` answers POST: the form token was checked before the view is called. With `recent` it asks
  for a code unless one was shown lately; what was typed stays in the page, and is sent by the
  person afterwards. `recent` names the page one comes back to without doing it, `called` the act.
- The template extends `staff/frame.html`, sets the block `title` (it is the heading, too) and fills
  `page`. `staff/parts.html` has `csrf(staff)`, `reason_field(…)` and `table(…)`.
- `needs=Open.ANY_STAFF` is for pages of everybody who is signed in; `room.open` for those before.
- A new permission is one line in `idp.policy.staff.Permission` and its place in `roles.toml`.
"""
