"""Messages of Django and of the sign-in library that we put in our own words: one word for one thing.

Naming them here brings them into our catalogue, which is asked before theirs. Those whose English we change too, from
Title Case to a plain sentence, stand in locale/en as well.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

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
    _("Account Inactive"),
    _("This account is inactive."),
    _("Activate Authenticator App"),
    _("Deactivate Authenticator App"),
    _("Add Security Key"),
    _("Edit Security Key"),
    _("Remove Security Key"),
    _("Are you sure you want to remove this security key?"),
    _("Are you sure you want to sign out?"),
    _("Are you sure?"),
    _("Alternative options"),
    _("Other options"),
    _("Authenticator secret"),
    _("Authenticator code"),
    _("Authenticator app activated."),
    _("Authenticator app deactivated."),
    _("Bad Token"),
    _(
        "The password reset link was invalid, possibly because it has already been used.  Please request a "
        '<a href="%(passwd_reset_url)s">new password reset</a>.'
    ),
    _("The password reset token was invalid."),
    _("Change Password"),
    _("Set Password"),
    _("Current Password"),
    _("New Password"),
    _("New Password (again)"),
    _("Please type your current password."),
    _("Password successfully changed."),
    _("Password successfully set."),
    _("Your password is now changed."),
    _("Password Reset"),
    _("Reset My Password"),
    _("Forgot your password?"),
    _("Forgotten your password? Enter your email address below, and we'll send you an email allowing you to reset it."),
    _("Please contact us if you have any trouble resetting your password."),
    _(
        "We have sent you an email. If you have not received it please check your spam folder. Otherwise "
        "contact us if you do not receive it in a few minutes."
    ),
    _(
        "We have sent an email to you for verification. Follow the link provided to finalize the signup "
        "process. If you do not see the verification email in your main inbox, check your spam folder. "
        "Please contact us if you do not receive the verification email within a few minutes."
    ),
    _(
        'This email confirmation link expired or is invalid. Please <a href="%(email_url)s">issue a new '
        "email confirmation request</a>."
    ),
    _('Please confirm that <a href="mailto:%(email)s">%(email)s</a> is an email address for user %(user_display)s.'),
    _("Confirmation email sent to %(email)s."),
    _("Your primary email address must be verified."),
    _("Your email address is still pending verification."),
    _("This email address is already associated with this account."),
    _("A user is already registered with this email address."),
    _(
        "You currently do not have any email address set up. You should really add an email address so you "
        "can receive notifications, reset your password, etc."
    ),
    _("Download codes"),
    _(
        "Enabling passwordless operation allows you to sign in using just this key, but imposes additional "
        "requirements such as biometrics or PIN protection."
    ),
    _("Passwordless"),
    _("Passkey"),
    _("Security key"),
    _("Unspecified"),
    _("Enter an authenticator code:"),
    _("Generate"),
    _("Generate new codes"),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Invalid or expired key."),
    _("Invalid login."),
    _("Too many failed login attempts. Try again later."),
    _("Manage"),
    _("No security keys have been added."),
    _("Security key added."),
    _("Security key removed."),
    _("A new set of recovery codes has been generated."),
    _("Remember Me"),
    _("Sign In"),
    _("Sign Out"),
    _("Sign Up"),
    _("Sign Up Closed"),
    _("Signup"),
    _("We are sorry, but the sign up is currently closed."),
    _("This action will invalidate your existing codes."),
    _("You are about to generate a new set of recovery codes for your account."),
    _("You are about to deactivate authenticator app based authentication. Are you sure?"),
    _("You can store this secret and use it to reinstall your authenticator app at a later time."),
    _(
        "To protect your account with two-factor authentication, scan the QR code below with your "
        "authenticator app. Then, input the verification code generated by the app below."
    ),
    _("Your account is protected by two-factor authentication. Please enter an authenticator code:"),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot add an email address to an account protected by two-factor authentication."),
    _("You must type the same password each time."),
    _("Unused codes"),
    _("Unverified"),
    _("Verified"),
    _("Use a different email address"),
    _("Use a security key"),
    _("Use authenticator app or code"),
    _("Use your password"),
    _("View"),
    _("This functionality requires JavaScript."),
    _("Your password can’t be too similar to your other personal information."),
    _("The password is too similar to the %(verbose_name)s."),
    _("Your password can’t be a commonly used password."),
    _("This password is too common."),
    _("Your password can’t be entirely numeric."),
    _("This password is entirely numeric."),
    _("Code"),
    _("Confirm"),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        2,
    ),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        2,
    ),
)
