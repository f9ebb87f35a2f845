package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// script is what a pod's annotations tell the fake node to make of it. They are read again at every change of the pod,
// so that a running pod can be hurt and healed with `kubectl annotate`.
type script struct {
	// fakenode/ready-after: time from start to Ready, as in "5s". Default: at once.
	readyAfter time.Duration
	// fakenode/ready: "false" keeps a running pod from being Ready.
	neverReady bool
	// fakenode/waiting: reason for which containers do not run: CrashLoopBackOff, ImagePullBackOff and others.
	waiting string
	// fakenode/message: what the waiting containers say.
	message string
	// fakenode/restarts: how often each container has restarted. Default 0, with CrashLoopBackOff 1.
	restarts int
	// fakenode/run-for: how long the containers of a Job run. Default 200ms.
	runFor time.Duration
	// fakenode/exit-code: how the containers of a Job end. Default 0.
	exitCode int
	// fakenode/stop-after: how long the containers take to end after SIGTERM; the pod's grace ends them in any case.
	// Default 100ms.
	stopAfter time.Duration
}

func scriptOf(pod *corev1.Pod) script {
	text := func(name string) string { return pod.Annotations["fakenode/"+name] }
	complain := func(name string, err error) {
		fmt.Fprintf(os.Stderr, "pod %s/%s: annotation fakenode/%s: %v\n", pod.Namespace, pod.Name, name, err)
	}
	duration := func(name string, fallback time.Duration) time.Duration {
		if text(name) == "" {
			return fallback
		}
		value, err := time.ParseDuration(text(name))
		if err != nil {
			complain(name, err)
			return fallback
		}
		return value
	}
	number := func(name string, fallback int) int {
		if text(name) == "" {
			return fallback
		}
		value, err := strconv.Atoi(text(name))
		if err != nil {
			complain(name, err)
			return fallback
		}
		return value
	}
	restarts := 0
	if text("waiting") == crashLoop {
		restarts = 1
	}
	return script{
		readyAfter: duration("ready-after", 0),
		neverReady: text("ready") == "false",
		waiting:    text("waiting"),
		message:    text("message"),
		restarts:   number("restarts", restarts),
		runFor:     duration("run-for", 200*time.Millisecond),
		exitCode:   number("exit-code", 0),
		stopAfter:  duration("stop-after", 100*time.Millisecond),
	}
}
