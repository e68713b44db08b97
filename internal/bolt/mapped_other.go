//go:build !linux

package bolt

import "errors"

func residentFile() (int64, error) { return 0, errors.ErrUnsupported }

func handBack(uintptr, int64) error { return errors.ErrUnsupported }
