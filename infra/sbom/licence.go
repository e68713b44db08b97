package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
)

// shipped are the licences, by their SPDX identifiers, of what may be part of a program
// that we give to others: they ask for no more than that their text goes with it.
var shipped = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "OFL-1.1", "Unlicense"}

// building are those of what only builds the console. Its own files would have to be
// published where they are changed, and we neither change nor ship them.
var building = append([]string{"MPL-2.0"}, shipped...)

// refusedLicences says what is wrong with the licences of a part; "" if nothing is.
func refusedLicences(p part) string {
	allow := shipped
	if p.Scope == cdx.ScopeExcluded {
		allow = building
	}
	if p.Licenses == nil || len(*p.Licenses) == 0 {
		return "it has no licence that we recognize"
	}
	var refused []string
	for _, l := range *p.Licenses {
		// An expression such as "MIT OR GPL-2.0" is not in the list either: what was chosen
		// is for a person to say.
		if id := identifier(l); !slices.Contains(allow, id) {
			refused = append(refused, fmt.Sprintf("%q", id))
		}
	}
	return strings.Join(refused, ", ")
}

func identifier(l cdx.LicenseChoice) string {
	if l.License != nil {
		return l.License.ID + l.License.Name
	}
	return l.Expression
}

func licences(ids ...string) *cdx.Licenses {
	slices.Sort(ids)
	var all cdx.Licenses
	for _, id := range slices.Compact(ids) {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &all
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)([-._].*)?$`)

// enough is how much of a licence file must be text of licences, in percent: the rest
// is who holds the rights.
const enough = 75

// read are files named like licences that somebody has read, since they are text about
// licences and not one of them.
var read = map[string]string{
	"github.com/aws/aws-lambda-go/LICENSE-SUMMARY": "says that code is under LICENSE, and samples under LICENSE-LAMBDACODE",
}

// chosen are the files of the licences that we take where a module offers several.
var chosen = map[string]string{
	// "SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause" is what its sources say; Eclipse's
	// Distribution License is the latter.
	"github.com/eclipse/paho.golang": "edl-v10",
}

// licencesIn reads the licence files of a module: those of the folders of its packages
// that are linked, and of the folders above them up to its root. A file that is not
// recognized is an error, since somebody has to read it.
func licencesIn(module, root string, folders []string) (*cdx.Licenses, error) {
	if file, ok := chosen[module]; ok {
		ids, err := recognize(filepath.Join(root, file))
		return licences(ids...), err
	}
	above := map[string]bool{root: true}
	for _, folder := range folders {
		for ; len(folder) > len(root); folder = filepath.Dir(folder) {
			above[folder] = true
		}
	}
	var ids []string
	for folder := range above {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			name := filepath.Join(folder, entry.Name())
			if _, known := read[module+filepath.ToSlash(name[len(root):])]; known {
				continue
			}
			if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || filepath.Ext(name) == ".go" {
				continue
			}
			recognized, err := recognize(name)
			if err != nil {
				return nil, err
			}
			ids = append(ids, recognized...)
		}
	}
	return licences(ids...), nil
}

// recognize gives the licences whose texts are in a file.
func recognize(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	found := licensecheck.Scan(text)
	if len(found.Match) == 0 || found.Percent < enough {
		return nil, fmt.Errorf("%s is no licence that is known (%.0f %% of it are)", name, found.Percent)
	}
	var ids []string
	for _, match := range found.Match {
		ids = append(ids, match.ID)
	}
	return ids, nil
}
