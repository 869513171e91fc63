"""The applicant's side: the draft that one identification gives, the application it becomes, and how that goes on."""
