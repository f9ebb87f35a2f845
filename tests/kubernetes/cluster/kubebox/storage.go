package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// provisioner is the name by which a StorageClass asks for these volumes.
const provisioner = "fakenode/volume"

// Annotations by which the volume controller and provisioners talk to each other.
const (
	wantedFrom    = "volume.kubernetes.io/storage-provisioner"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
)

// storage plays a cloud's disks: it makes a volume for a claim, grows it with the claim, and removes it when its claim is
// gone. Binding is done by the real volume controller.
type storage struct {
	client kubernetes.Interface
	// folder has a folder for each volume, on the node of this name. Without it volumes have no substance.
	folder, node string
	claims       corelisters.PersistentVolumeClaimLister
	volumes      corelisters.PersistentVolumeLister
}

func (s *storage) syncClaim(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	claim, err := s.claims.PersistentVolumeClaims(namespace).Get(name)
	if err != nil {
		return 0, err
	}
	if claim.DeletionTimestamp != nil || claim.Annotations[wantedFrom] != provisioner {
		return 0, nil
	}
	if claim.Spec.VolumeName == "" {
		return 0, s.provision(ctx, claim)
	}
	if claim.Status.Phase == corev1.ClaimBound {
		return 0, s.grow(ctx, claim)
	}
	return 0, nil
}

func (s *storage) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	name := "pvc-" + string(claim.UID)
	if _, err := s.volumes.Get(name); err == nil {
		return nil
	}
	source, affinity, err := s.place(name)
	if err != nil {
		return err
	}
	class, err := s.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	_, err = s.client.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			PersistentVolumeReclaimPolicy: *class.ReclaimPolicy,
			StorageClassName:              class.Name,
			PersistentVolumeSource:        source,
			NodeAffinity:                  affinity,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
		},
	}, metav1.CreateOptions{})
	return err
}

// place says where a volume is. It is not a CSI volume: the attach controller would wait for a driver.
func (s *storage) place(name string) (corev1.PersistentVolumeSource, *corev1.VolumeNodeAffinity, error) {
	if s.folder == "" {
		return corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere/" + name}}, nil, nil
	}
	path := filepath.Join(s.folder, name)
	term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{
		Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{s.node},
	}}}
	affinity := &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}}
	// Local and not of the host's path: only then is it given to a pod's fsGroup, as a disk would be.
	return corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}}, affinity, os.MkdirAll(path, 0o755)
}

// grow completes a resize. The API server has already refused those that the class does not allow.
func (s *storage) grow(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if has := claim.Status.Capacity[corev1.ResourceStorage]; wanted.Cmp(has) <= 0 {
		return nil
	}
	volume, err := s.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if has := volume.Spec.Capacity[corev1.ResourceStorage]; wanted.Cmp(has) > 0 {
		volume.Spec.Capacity[corev1.ResourceStorage] = wanted
		if _, err := s.client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	changed := claim.DeepCopy()
	changed.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: wanted}
	_, err = s.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	return err
}

func (s *storage) syncVolume(ctx context.Context, name string) (time.Duration, error) {
	volume, err := s.volumes.Get(name)
	if err != nil {
		return 0, err
	}
	if volume.Annotations[provisionedBy] != provisioner || volume.DeletionTimestamp != nil ||
		volume.Status.Phase != corev1.VolumeReleased || volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
		return 0, nil
	}
	if local := volume.Spec.Local; local != nil {
		if err := os.RemoveAll(local.Path); err != nil {
			return 0, err
		}
	}
	return 0, s.client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
}
