package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
)

// sources are the objects that pods read their configuration from.
type sources struct {
	configs corelisters.ConfigMapLister
	secrets corelisters.SecretLister
}

// missing tells why a pod's containers cannot start: the reason and message that a kubelet gives for a ConfigMap or Secret
// that is not there, or nothing.
func (s sources) missing(pod *corev1.Pod) (reason, message string) {
	lacks := func(kind, name string, optional *bool) bool {
		if optional != nil && *optional {
			return false
		}
		var err error
		if kind == "configmap" {
			_, err = s.configs.ConfigMaps(pod.Namespace).Get(name)
		} else {
			_, err = s.secrets.Secrets(pod.Namespace).Get(name)
		}
		message = fmt.Sprintf("%s %q not found", kind, name)
		return err != nil
	}
	for _, volume := range pod.Spec.Volumes {
		if from := volume.ConfigMap; from != nil && lacks("configmap", from.Name, from.Optional) {
			return "ContainerCreating", message
		}
		if from := volume.Secret; from != nil && lacks("secret", from.SecretName, from.Optional) {
			return "ContainerCreating", message
		}
	}
	for _, container := range append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...) {
		for _, variable := range container.Env {
			if variable.ValueFrom == nil {
				continue
			}
			if from := variable.ValueFrom.ConfigMapKeyRef; from != nil && lacks("configmap", from.Name, from.Optional) {
				return "CreateContainerConfigError", message
			}
			if from := variable.ValueFrom.SecretKeyRef; from != nil && lacks("secret", from.Name, from.Optional) {
				return "CreateContainerConfigError", message
			}
		}
		for _, from := range container.EnvFrom {
			if from.ConfigMapRef != nil && lacks("configmap", from.ConfigMapRef.Name, from.ConfigMapRef.Optional) {
				return "CreateContainerConfigError", message
			}
			if from.SecretRef != nil && lacks("secret", from.SecretRef.Name, from.SecretRef.Optional) {
				return "CreateContainerConfigError", message
			}
		}
	}
	return "", ""
}
