// Writes conversations as mods does, with Go's own encoder, for tests/formats/samples/mods.
//
//	go run scripts/sample_mods.go FOLDER
//
// The names of the fields are all that a gob tells of its types.
package main

import (
	"encoding/gob"
	"os"
	"path/filepath"
)

type Function struct {
	Name      string
	Arguments []byte
}

type ToolCall struct {
	ID       string
	Function Function
	IsError  bool
}

// Message is one of the newer files.
type Message struct {
	Role      string
	Content   string
	ToolCalls []ToolCall
}

// OldMessage is one of the files before there were tools.
type OldMessage struct {
	Content string
	Role    string
}

func write(folder, name string, value any) {
	file, err := os.Create(filepath.Join(folder, name+".gob"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := gob.NewEncoder(file).Encode(value); err != nil {
		panic(err)
	}
}

func main() {
	folder := os.Args[1]
	call := ToolCall{ID: "call_1", Function: Function{Name: "fs_ls", Arguments: []byte(`{"path": "/"}`)}}
	failed := ToolCall{ID: "call_1", IsError: true}
	newer := []Message{
		{Role: "system", Content: "Be brief."},
		{Role: "user", Content: "Größe 😀?"},
		{Role: "assistant", ToolCalls: []ToolCall{call}},
		{Role: "tool", Content: "no such folder", ToolCalls: []ToolCall{failed}},
		{Role: "assistant", Content: "It is not there."},
	}
	write(folder, "df31ae23ab8b75b5643c2f846c570997edc71333", &newer)
	older := []OldMessage{{Role: "user", Content: "Hello"}, {Role: "assistant", Content: "Hi"}}
	write(folder, "1000000000000000000000000000000000000001", &older)
	write(folder, "12e4567890123456789012345678901234567890", &older)
}
