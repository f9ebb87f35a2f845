package main

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const crashLoop = "CrashLoopBackOff"

// sigterm is the exit code of a process that SIGTERM ended.
const sigterm = 128 + 15

// statusOf is the status that a pod should have now, and the time after which it will be another.
func statusOf(pod *corev1.Pod, life life, script script, now time.Time) (corev1.PodStatus, time.Duration) {
	age := now.Sub(life.started)
	status := begin(pod, life)
	switch {
	case script.waiting != "":
		state := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: script.waiting, Message: messageOf(script)}}
		if script.waiting == crashLoop {
			status.Phase = corev1.PodRunning
		}
		fill(&status, pod, state, script.restarts, false, now)
		return status, 0
	case pod.Spec.RestartPolicy == corev1.RestartPolicyAlways:
		ready := !script.neverReady && age >= script.readyAfter
		status.Phase = corev1.PodRunning
		fill(&status, pod, running(life), script.restarts, ready, now)
		if age < script.readyAfter {
			return status, script.readyAfter - age
		}
		return status, 0
	case ended(pod):
		return pod.Status, 0
	case age < script.runFor:
		status.Phase = corev1.PodRunning
		fill(&status, pod, running(life), script.restarts, !script.neverReady, now)
		return status, script.runFor - age
	case script.exitCode != 0 && pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure:
		// The container starts again and again; whoever owns the pod counts the restarts.
		status.Phase = corev1.PodRunning
		cycle := max(script.runFor, time.Second)
		state := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: crashLoop, Message: messageOf(script)}}
		fill(&status, pod, state, int(age/cycle), false, now)
		return status, cycle
	default:
		status.Phase = corev1.PodSucceeded
		if script.exitCode != 0 {
			status.Phase = corev1.PodFailed
		}
		fill(&status, pod, exited(life.started, now, script.exitCode), script.restarts, false, now)
		return status, 0
	}
}

// killed is the status of a deleted pod whose containers have ended.
func killed(pod *corev1.Pod, life life, now time.Time) corev1.PodStatus {
	status := begin(pod, life)
	status.Phase = corev1.PodFailed
	restarts := 0
	for _, container := range status.ContainerStatuses {
		restarts = int(container.RestartCount)
	}
	fill(&status, pod, exited(life.started, now, sigterm), restarts, false, now)
	return status
}

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// begin keeps what others wrote into the status and adds what every pod on a node has.
func begin(pod *corev1.Pod, life life) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.ObservedGeneration = pod.Generation
	status.Phase = corev1.PodPending
	status.HostIP = "127.0.0.1"
	status.PodIP = life.ip
	status.PodIPs = []corev1.PodIP{{IP: life.ip}}
	if status.StartTime == nil {
		status.StartTime = seconds(life.started)
	}
	return status
}

// fill writes the containers, all in one state, and the conditions that follow from it.
func fill(status *corev1.PodStatus, pod *corev1.Pod, state corev1.ContainerState, restarts int, ready bool, now time.Time) {
	status.InitContainerStatuses = nil
	for _, container := range pod.Spec.InitContainers {
		started := false
		status.InitContainerStatuses = append(status.InitContainerStatuses, corev1.ContainerStatus{
			Name:        container.Name,
			Image:       container.Image,
			ImageID:     "fakenode://" + container.Image,
			ContainerID: containerID(pod, container.Name),
			Ready:       true,
			Started:     &started,
			State:       exited(status.StartTime.Time, status.StartTime.Time, 0),
		})
	}
	status.ContainerStatuses = nil
	for _, container := range pod.Spec.Containers {
		started := state.Running != nil
		written := corev1.ContainerStatus{
			Name:         container.Name,
			Image:        container.Image,
			Ready:        ready,
			Started:      &started,
			State:        state,
			RestartCount: int32(restarts),
		}
		if status.Phase != corev1.PodPending {
			written.ImageID = "fakenode://" + container.Image
			written.ContainerID = containerID(pod, container.Name)
		}
		if restarts > 0 {
			written.LastTerminationState = exited(status.StartTime.Time, status.StartTime.Time, 1)
		}
		status.ContainerStatuses = append(status.ContainerStatuses, written)
	}
	reason := ""
	switch {
	case status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed:
		reason = "PodCompleted"
	case !ready:
		reason = "ContainersNotReady"
	}
	setCondition(status, corev1.PodReadyToStartContainers, true, "", now)
	setCondition(status, corev1.PodInitialized, true, "", now)
	setCondition(status, corev1.ContainersReady, ready, reason, now)
	setCondition(status, corev1.PodReady, ready, reason, now)
}

func setCondition(status *corev1.PodStatus, kind corev1.PodConditionType, holds bool, reason string, now time.Time) {
	value := corev1.ConditionFalse
	if holds {
		value = corev1.ConditionTrue
	}
	for i := range status.Conditions {
		condition := &status.Conditions[i]
		if condition.Type != kind {
			continue
		}
		if condition.Status != value {
			condition.LastTransitionTime = *seconds(now)
		}
		condition.Status, condition.Reason = value, reason
		return
	}
	status.Conditions = append(status.Conditions, corev1.PodCondition{
		Type: kind, Status: value, Reason: reason, LastTransitionTime: *seconds(now),
	})
}

func running(life life) corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: *seconds(life.started)}}
}

func exited(started, finished time.Time, code int) corev1.ContainerState {
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: int32(code), Reason: reason, StartedAt: *seconds(started), FinishedAt: *seconds(finished),
	}}
}

func messageOf(script script) string {
	switch {
	case script.message != "":
		return script.message
	case script.waiting == crashLoop || script.waiting == "":
		return "back-off 10s restarting failed container"
	case script.waiting == "ImagePullBackOff":
		return "Back-off pulling image"
	default:
		return ""
	}
}

func containerID(pod *corev1.Pod, container string) string {
	return fmt.Sprintf("fakenode://%s/%s", pod.UID, container)
}

// seconds is a time as the API server stores it: a status that was written compares equal to itself read back.
func seconds(t time.Time) *metav1.Time {
	whole := metav1.NewTime(t.Truncate(time.Second))
	return &whole
}
