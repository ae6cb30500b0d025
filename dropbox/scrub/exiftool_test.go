package scrub_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox/scrub"
)

// exiftool reads more kinds of hidden data than we know of. What it plants, and what we plant, it no longer finds.
func TestExiftool(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no exiftool: apt-get install libimage-exiftool-perl")
		}
		t.Skip("no exiftool here to look for what is left (Debian's libimage-exiftool-perl)")
	}
	dir := t.TempDir()
	thumbnail, profile := filepath.Join(dir, "thumbnail.jpg"), filepath.Join(dir, "profile.icc")
	must(t, os.WriteFile(thumbnail, baseJPEG(t), 0o600))
	must(t, os.WriteFile(profile, []byte(icc(300)), 0o600))
	for _, c := range []struct {
		name  string
		base  []byte
		wants []string // what has to be there before
	}{
		{"a.jpg", baseJPEG(t), []string{"GPS:", "IFD0:Artist", "IFD0:Model", "ExifIFD:", "IFD1:Thumbnail", "XMP-", "IPTC:", "Photoshop:", "File:Comment", "Trailer"}},
		{"progressive.jpg", fromCJPEG(t, "progressive.jpg"), []string{"GPS:", "IFD0:Artist", "IFD1:Thumbnail", "XMP-", "IPTC:", "File:Comment"}},
		{"a.png", basePNG(t), []string{"GPS:", "IFD0:Artist", "IFD0:Model", "ExifIFD:", "IFD1:Thumbnail", "XMP-", "PNG:Comment", "PNG:Author", "Trailer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, c.name)
			must(t, os.WriteFile(file, c.base, 0o600))
			exiftool(t, "-q", "-overwrite_original", "-GPSLatitude=51.5", "-GPSLatitudeRef=N", "-GPSLongitude=0.1", "-EXIF:Artist="+canary, "-EXIF:Make="+canary,
				"-EXIF:Model="+canary, "-DateTimeOriginal=2026:01:02 03:04:05", "-BodySerialNumber="+canary, "-XMP:Creator="+canary, "-XMP:GPSLatitude=51.5",
				"-IPTC:By-line="+canary, "-Photoshop:URL="+canary, "-Comment="+canary, "-PNG:Author="+canary, "-ThumbnailImage<="+thumbnail,
				"-ICC_Profile<="+profile, "-EXIF:Orientation#=6", file)
			dirty, err := os.ReadFile(file)
			must(t, err)
			dirty = append(dirty, "trailing "+canary...)
			before := strings.Join(tags(t, file, dirty), "\n")
			for _, want := range append(c.wants, "IFD0:Orientation", "ICC") {
				if !strings.Contains(before, want) {
					t.Errorf("not planted: %s", want)
				}
			}
			got, report := clean(t, dirty)
			if want := scrub.Place | scrub.Time | scrub.Device | scrub.Author | scrub.Thumbnail | scrub.Comment | scrub.Behind; report.Removed&want != want {
				t.Errorf("said only %v", report.Removed.Words())
			}
			after := tags(t, file, got)
			onlyPicture(t, after)
			for _, want := range []string{"IFD0:Orientation", "ICC-header:ProfileFileSignature"} {
				if !strings.Contains(strings.Join(after, "\n"), want) {
					t.Errorf("%s is not kept", want)
				}
			}
			if !bytes.Contains(got, []byte(icc(300))) && c.name != "a.png" {
				t.Error("the profile is another")
			}
		})
	}
	for _, p := range corpus(t) {
		got, _ := clean(t, p.dirty)
		onlyPicture(t, tags(t, filepath.Join(dir, "corpus"), got))
	}
}

// onlyPicture fails on every tag that a picture alone does not have.
func onlyPicture(t *testing.T, tags []string) {
	t.Helper()
	if len(tags) < 10 {
		t.Errorf("exiftool says only %q", tags)
	}
	for _, tag := range tags {
		group, name, _ := strings.Cut(tag, ":")
		name, value, _ := strings.Cut(name, "=")
		ok := false
		switch group {
		case "ExifTool", "System", "File", "JFIF", "ICC-header", "ICC_Profile", "Composite", "Adobe", "PNG-pHYs":
			ok = true
		case "PNG": // what IHDR and the small chunks say
			ok = name != "Comment" && name != "Author" && name != "ModifyDate"
		case "IFD0", "ExifIFD":
			ok = name == "Orientation"
		}
		if !ok || name == "Comment" || name == "Warning" || strings.Contains(value, canary) {
			t.Errorf("left: %s", tag)
		}
	}
}

// tags are all that exiftool finds in a file of these bytes, as group:name=value.
func tags(t *testing.T, file string, b []byte) []string {
	t.Helper()
	must(t, os.WriteFile(file, b, 0o600))
	var found []map[string]any
	must(t, json.Unmarshal(exiftool(t, "-j", "-G1", "-a", "-u", "-U", "-ee", file), &found))
	var list []string
	delete(found[0], "SourceFile")
	for name, value := range found[0] {
		text, err := json.Marshal(value)
		must(t, err)
		list = append(list, name+"="+string(text))
	}
	if bytes.Contains(bytes.ToLower(exiftool(t, "-v3", file)), []byte("trailer")) {
		list = append(list, "Trailer:Bytes=")
	}
	return list
}

func exiftool(t *testing.T, args ...string) []byte {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command("exiftool", args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("exiftool: %v, %s", err, errs.String())
	}
	return out
}
