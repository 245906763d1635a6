"""Who somebody is: certificate authority, roles, enrolment, revocation, key custody."""
