package awskms

import (
	"slices"

	"switchboard/internal/awscall"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

// Codes of KMS that are looked for twice.
const (
	accessDenied = "AccessDeniedException"
	incorrectKey = "IncorrectKeyException"
)

// underAnotherKey says whether the wrapped key may belong to one of the former
// keys. KMS answers IncorrectKey; where the role may not use the key that the
// ciphertext names, it answers AccessDenied before it looks any further.
func underAnotherKey(err error) bool {
	return slices.Contains([]string{incorrectKey, accessDenied}, awscall.Code(err))
}

// faultOf words an error of KMS for people. lasting is the code of what does not
// pass by itself: opening fails with CredentialUnreadable, sealing with Internal.
func faultOf(err error, lasting fault.Code) error {
	if awscall.Passing(err) {
		return fault.New(fault.Unavailable, "The key service cannot be reached right now.").
			WithHint("Try again in a moment.").Because(err)
	}
	switch awscall.Code(err) {
	case "InvalidCiphertextException", incorrectKey, "ValidationException":
		if lasting == fault.CredentialUnreadable {
			return vault.Unreadable().Because(err)
		}
	case "DisabledException":
		return fault.New(lasting, "The key that protects the credentials is disabled.").
			WithHint("An operator has to enable the KMS key again; credentials need not be entered anew.").Because(err)
	case "KMSInvalidStateException":
		return fault.New(lasting, "The key that protects the credentials cannot be used: it is being deleted, or not ready.").
			WithHint("An operator has to cancel the deletion of the KMS key now: once it is gone, no credential opens any more.").Because(err)
	case "NotFoundException":
		return fault.New(lasting, "The key that protects the credentials does not exist.").
			WithHint("An operator has to set the KMS key's ARN to the one that the credentials were stored under.").Because(err)
	case accessDenied:
		return fault.New(lasting, "This function is not allowed to use the key that protects the credential.").
			WithHint("An operator has to look at the function's role and the KMS key's policy; if both allow it, enter the credential's data again.").Because(err)
	}
	return fault.New(lasting, "The key service refused the request.").
		WithHint("An operator finds its answer in the log.").Because(err)
}
