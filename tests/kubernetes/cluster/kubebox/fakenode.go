package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	heartbeatInterval = 10 * time.Second
	leaseSeconds      = int32(40)
)

// fakenode plays the kubelet of nodes that run nothing, and the storage of a cloud. Pods bound to its nodes go through
// the states of real ones (see script.go for how a test directs that), and volume claims get volumes.
type fakenode struct {
	client kubernetes.Interface
	nodes  []string
	// volumes is a folder for volumes on a real node, volumeNode, if there is one.
	volumes, volumeNode string
}

func fakenodeCommand() *cobra.Command {
	f := &fakenode{}
	var kubeconfig string
	var count int
	c := &cobra.Command{Use: "fakenode", SilenceUsage: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			return err
		}
		config.QPS, config.Burst = 500, 1000
		config.UserAgent = "fakenode"
		f.client, err = kubernetes.NewForConfig(config)
		if err != nil {
			return err
		}
		for i := range count {
			f.nodes = append(f.nodes, fmt.Sprintf("fake-%d", i))
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return f.run(ctx)
	}}
	c.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file")
	c.Flags().IntVar(&count, "nodes", 1, "how many nodes, named fake-0, fake-1, and so on, each in a zone of its own")
	c.Flags().StringVar(&f.volumes, "volumes", "", "folder for volumes that real pods use; without it they have no substance")
	c.Flags().StringVar(&f.volumeNode, "volume-node", "", "node that has this folder")
	return c
}

func (f *fakenode) run(ctx context.Context) error {
	for i, name := range f.nodes {
		if err := f.register(ctx, name, fmt.Sprintf("zone-%d", i)); err != nil {
			return err
		}
	}
	factory := informers.NewSharedInformerFactory(f.client, 0)
	core := factory.Core().V1()
	kubelet := newFakeKubelet(f, core)
	pods := newLoop("pod", kubelet.sync)
	pods.follow(core.Pods().Informer())
	storage := &storage{
		client:  f.client,
		folder:  f.volumes,
		node:    f.volumeNode,
		claims:  core.PersistentVolumeClaims().Lister(),
		volumes: core.PersistentVolumes().Lister(),
	}
	claims := newLoop("claim", storage.syncClaim)
	claims.follow(core.PersistentVolumeClaims().Informer())
	volumes := newLoop("volume", storage.syncVolume)
	volumes.follow(core.PersistentVolumes().Informer())
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	go pods.run(ctx, 8)
	go claims.run(ctx, 2)
	go volumes.run(ctx, 1)
	fmt.Fprintln(os.Stderr, "fake nodes are up")
	for {
		for _, name := range f.nodes {
			if err := f.heartbeat(ctx, name); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "lease:", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(heartbeatInterval):
		}
	}
}

func (f *fakenode) register(ctx context.Context, name, zone string) error {
	nodes := f.client.CoreV1().Nodes()
	node, err := nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		corev1.LabelHostname:       name,
		corev1.LabelOSStable:       "linux",
		corev1.LabelArchStable:     "amd64",
		corev1.LabelTopologyRegion: "region-0",
		corev1.LabelTopologyZone:   zone,
	}}}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		node, err = nodes.Get(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	room := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourcePods:             resource.MustParse("1000"),
	}
	node.Status = corev1.NodeStatus{
		Capacity:    room,
		Allocatable: room,
		Addresses:   []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: name}},
		NodeInfo:    corev1.NodeSystemInfo{KubeletVersion: "v0.0.0-fakenode", OperatingSystem: "linux", Architecture: "amd64"},
		Conditions: []corev1.NodeCondition{{
			Type:               corev1.NodeReady,
			Status:             corev1.ConditionTrue,
			Reason:             "FakeNode",
			LastHeartbeatTime:  metav1.Now(),
			LastTransitionTime: metav1.Now(),
		}},
	}
	_, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// heartbeat renews the node's lease: the node controller marks a silent node and evicts its pods.
func (f *fakenode) heartbeat(ctx context.Context, name string) error {
	leases := f.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now, seconds := metav1.NowMicro(), leaseSeconds
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: corev1.NamespaceNodeLease},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}
	// The version of what it replaces must be told.
	last, err := leases.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, lease, metav1.CreateOptions{})
		return err
	}
	if err == nil {
		lease.ResourceVersion = last.ResourceVersion
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	}
	return err
}
