// Package approvers tells whose decisions count: it reads an OpenSSH allowed_signers file and verifies the SSH
// signatures of decisions against it. Signatures are SSHSIG, as `ssh-keygen -Y sign` makes them.
package approvers
