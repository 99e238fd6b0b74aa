package main

import (
	"os"

	"go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// serverLog is where the server's own log goes: stderr, from a level up that can be raised for a while.
type serverLog struct {
	logger log.Logger
	level  zap.AtomicLevel
	wanted zapcore.Level
}

func newServerLog(level string) *serverLog {
	wanted := log.ParseZapLevel(level)
	atomic := zap.NewAtomicLevelAt(wanted)
	core := zapcore.NewCore(zapcore.NewConsoleEncoder(log.DefaultZapEncoderConfig), zapcore.Lock(os.Stderr), atomic)
	return &serverLog{logger: log.NewZapLogger(zap.New(core)), level: atomic, wanted: wanted}
}

// calm hides warnings, unless more than warnings was asked for. Services that start and stop one after the
// other warn of each other's absence, which in a single process tells nobody anything.
func (l *serverLog) calm() {
	if l.wanted == zapcore.WarnLevel {
		l.level.SetLevel(zapcore.ErrorLevel)
	}
}

func (l *serverLog) normal() { l.level.SetLevel(l.wanted) }
