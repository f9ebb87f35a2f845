//go:build tools

// Package tools names the program that is built of this module, so that its dependencies are kept in go.mod.
package tools

import _ "github.com/docker/compose/v2/cmd"
