package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// fakeKubelet brings the status of the fake nodes' pods to what their scripts say.
type fakeKubelet struct {
	client  kubernetes.Interface
	nodes   []string
	pods    corelisters.PodLister
	mounted sources

	mutex  sync.Mutex
	lives  map[types.UID]*life
	lastIP int
}

// life is what a pod's status cannot tell: its times have only seconds.
type life struct {
	ip      string
	started time.Time
	dying   time.Time
}

func newFakeKubelet(f *fakenode, core coreinformers.Interface) *fakeKubelet {
	k := &fakeKubelet{
		client:  f.client,
		nodes:   f.nodes,
		pods:    core.Pods().Lister(),
		mounted: sources{core.ConfigMaps().Lister(), core.Secrets().Lister()},
		lives:   map[types.UID]*life{},
	}
	core.ConfigMaps().Informer()
	core.Secrets().Informer()
	core.Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: func(object any) { //nolint:errcheck // as in loop.go
		if pod, ok := object.(*corev1.Pod); ok {
			k.mutex.Lock()
			delete(k.lives, pod.UID)
			k.mutex.Unlock()
		}
	}})
	return k
}

func (k *fakeKubelet) life(pod *corev1.Pod) life {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	l, ok := k.lives[pod.UID]
	if !ok {
		k.lastIP++
		l = &life{ip: fmt.Sprintf("10.245.%d.%d", k.lastIP/250%250, k.lastIP%250+1), started: time.Now()}
		if pod.Status.PodIP != "" {
			l.ip = pod.Status.PodIP
		}
		k.lives[pod.UID] = l
	}
	if pod.DeletionTimestamp != nil && l.dying.IsZero() {
		l.dying = time.Now()
	}
	return *l
}

func (k *fakeKubelet) sync(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	pod, err := k.pods.Pods(namespace).Get(name)
	if err != nil {
		return 0, err
	}
	if !slices.Contains(k.nodes, pod.Spec.NodeName) {
		return 0, nil
	}
	life, script := k.life(pod), scriptOf(pod)
	if pod.DeletionTimestamp != nil {
		return k.end(ctx, pod, life, script)
	}
	if reason, message := k.mounted.missing(pod); reason != "" && pod.Status.Phase == corev1.PodPending {
		script.waiting, script.message = reason, message
		again, err := k.write(ctx, pod, life, script)
		if again == 0 {
			// As a real kubelet, it looks for what is missing from time to time.
			again = 500 * time.Millisecond
		}
		return again, err
	}
	return k.write(ctx, pod, life, script)
}

func (k *fakeKubelet) write(ctx context.Context, pod *corev1.Pod, life life, script script) (time.Duration, error) {
	status, again := statusOf(pod, life, script, time.Now())
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return again, nil
	}
	changed := pod.DeepCopy()
	changed.Status = status
	_, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	return again, err
}

// end removes a pod that was deleted, once its containers have ended: after their own time or the grace of the
// deletion, whichever comes first.
func (k *fakeKubelet) end(ctx context.Context, pod *corev1.Pod, life life, script script) (time.Duration, error) {
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	if left := min(script.stopAfter, grace) - time.Since(life.dying); left > 0 && !ended(pod) {
		return left, nil
	}
	if !ended(pod) {
		changed := pod.DeepCopy()
		changed.Status = killed(pod, life, time.Now())
		if _, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{}); err != nil {
			return 0, err
		}
	}
	now := int64(0)
	return 0, k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now,
		Preconditions:      &metav1.Preconditions{UID: &pod.UID},
	})
}
