package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// loop calls sync for each object that changed, never twice at once for one object, and again after the time that sync
// returns when that is not zero. Errors are tried again with a growing delay.
type loop struct {
	name  string
	queue workqueue.TypedRateLimitingInterface[string]
	sync  func(ctx context.Context, key string) (again time.Duration, err error)
}

func newLoop(name string, sync func(context.Context, string) (time.Duration, error)) *loop {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](5*time.Millisecond, 5*time.Second)
	return &loop{name, workqueue.NewTypedRateLimitingQueue[string](limiter), sync}
}

// follow has every object of an informer synced when it appears and when it changes.
func (l *loop) follow(informer cache.SharedIndexInformer) {
	add := func(object any) {
		if key, err := cache.MetaNamespaceKeyFunc(object); err == nil {
			l.queue.Add(key)
		}
	}
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{ //nolint:errcheck // fails only after the informer stopped
		AddFunc:    add,
		UpdateFunc: func(_, object any) { add(object) },
	})
}

// run works until the context ends.
func (l *loop) run(ctx context.Context, workers int) {
	context.AfterFunc(ctx, l.queue.ShutDown)
	var running sync.WaitGroup
	for range workers {
		running.Add(1)
		go func() {
			defer running.Done()
			for l.next(ctx) {
			}
		}()
	}
	running.Wait()
}

func (l *loop) next(ctx context.Context) bool {
	key, shutdown := l.queue.Get()
	if shutdown {
		return false
	}
	defer l.queue.Done(key)
	again, err := l.sync(ctx, key)
	switch {
	case err == nil:
		l.queue.Forget(key)
		if again > 0 {
			l.queue.AddAfter(key, again)
		}
	case apierrors.IsNotFound(err):
		l.queue.Forget(key)
	default:
		// A conflict is the other writer's turn, and the API server may be away for a test: neither is worth a stop.
		if !apierrors.IsConflict(err) && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "%s %s: %v\n", l.name, key, err)
		}
		l.queue.AddRateLimited(key)
	}
	return true
}
