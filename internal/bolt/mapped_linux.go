package bolt

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// residentFile is how many bytes of the process's memory are those of mapped files: its
// programs and libraries, and the database.
//
// Source: proc_pid_statm(5); the third field, in pages.
func residentFile() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return 0, fmt.Errorf("/proc/self/statm has %d fields", len(fields))
	}
	pages, err := strconv.ParseInt(string(fields[2]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// handBack has the system take back the pages of a mapped file, of which nothing is lost:
// they are read again where they are used.
//
// Source: madvise(2), MADV_DONTNEED on a shared map of a file.
func handBack(address uintptr, size int64) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, address, uintptr(size), syscall.MADV_DONTNEED); errno != 0 {
		return fmt.Errorf("madvise: %w", errno)
	}
	return nil
}
