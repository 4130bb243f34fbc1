"""Messages of Django and of the sign-in library whose Chinese we put in our own words: one word for one thing.

Naming them here brings them into our catalogue, which is asked before theirs.
"""

from django.utils.translation import gettext_noop as _

BORROWED = (
    _("Email"),
    _("Email address"),
    _("Email Addresses"),
    _("Email Address"),
    _("The following email addresses are associated with your account:"),
    _("Primary"),
    _("Re-send Verification"),
    _("Make Primary"),
    _("Add Email Address"),
    _("Add Email"),
    _("Do you really want to remove the selected email address?"),
    _("Confirm Email Address"),
    _("Verify Your Email Address"),
    _("Primary email address set."),
    _("You have confirmed %(email)s."),
    _("Removed email address %(email)s."),
    _("You cannot remove your primary email address (%(email)s)."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("Sign in with a passkey"),
    _("Two-Factor Authentication"),
    _("Confirm Access"),
    _("Please reauthenticate to safeguard your account."),
    _("Enter your password:"),
    _("Password (again)"),
    _("Authenticator App"),
    _("An authenticator app is not active."),
    _("Authentication using an authenticator app is active."),
    _("Activate"),
    _("Deactivate"),
    _("Security Keys"),
    _("Recovery Codes"),
    _("No recovery codes set up."),
    _("If you have not created an account yet, then please %(link)ssign up%(end_link)s first."),
    _("Already have an account? Then please %(link)ssign in%(end_link)s."),
    _("Successfully signed in as %(name)s."),
    _("You have signed out."),
    _("The email address and/or password you specified are not correct."),
)
