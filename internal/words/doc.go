// Package words writes what people read: spans of time, and text from outside so that it can be shown.
package words
