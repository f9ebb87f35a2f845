package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// users are the clients that get a certificate and a kubeconfig: file name to subject. The names and groups of
// Kubernetes' own parts have meaning to its authorizers.
func users(node string) map[string]pkix.Name {
	return map[string]pkix.Name{
		"admin":                   {CommonName: "admin", Organization: []string{"system:masters"}},
		"kube-controller-manager": {CommonName: "system:kube-controller-manager"},
		"kube-scheduler":          {CommonName: "system:kube-scheduler"},
		"kube-proxy":              {CommonName: "system:kube-proxy"},
		"kubelet":                 {CommonName: "system:node:" + node, Organization: []string{"system:nodes"}},
	}
}

// certsCommand makes the keys, certificates and kubeconfigs of a throw-away cluster.
func certsCommand() *cobra.Command {
	var folder, server, node string
	var addresses []net.IP
	c := &cobra.Command{Use: "certs", SilenceUsage: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		return makeCerts(folder, server, node, addresses)
	}}
	c.Flags().StringVar(&folder, "folder", "", "where to write; made when missing")
	c.Flags().StringVar(&server, "server", "", "URL of the API server, for the kubeconfigs")
	c.Flags().StringVar(&node, "node", "real-0", "name of the node whose kubelet gets a certificate")
	c.Flags().IPSliceVar(&addresses, "address", nil, "address of the API server; may be given more than once")
	return c
}

func makeCerts(folder, server, node string, addresses []net.IP) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	ca, err := newAuthority(folder)
	if err != nil {
		return err
	}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	if _, err := ca.issue("kube-apiserver", &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    names,
		IPAddresses: addresses,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		return err
	}
	clients := users(node)
	clients["front-proxy"] = pkix.Name{CommonName: "front-proxy-client"}
	clients["kubelet-client"] = pkix.Name{CommonName: "kube-apiserver-kubelet-client", Organization: []string{"system:masters"}}
	for name, subject := range clients {
		pair, err := ca.issue(name, &x509.Certificate{Subject: subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return err
		}
		if _, ok := users(node)[name]; !ok {
			continue
		}
		if err := writeKubeconfig(filepath.Join(folder, name+".kubeconfig"), server, ca.pem, pair); err != nil {
			return err
		}
	}
	return writeServiceAccountKey(folder)
}

type authority struct {
	folder string
	cert   *x509.Certificate
	key    crypto.Signer
	pem    []byte
	serial int64
}

// pair is a certificate and its key, in PEM.
type pair struct{ cert, key []byte }

func newAuthority(folder string) (*authority, error) {
	ca := &authority{folder: folder}
	template := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "kubebox-ca"},
		IsCA:     true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	made, err := ca.issue("ca", template)
	if err != nil {
		return nil, err
	}
	ca.pem = made.cert
	return ca, nil
}

// issue writes NAME.crt and NAME.key. The authority's first certificate is its own.
func (ca *authority) issue(name string, template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	ca.serial++
	template.SerialNumber = big.NewInt(ca.serial)
	template.BasicConstraintsValid = true
	template.KeyUsage |= x509.KeyUsageDigitalSignature
	// An hour back: clocks of other machines are not ours.
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().AddDate(1, 0, 0)
	if ca.cert == nil {
		ca.cert, ca.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return pair{}, err
	}
	cert, err := writePEM(filepath.Join(ca.folder, name+".crt"), "CERTIFICATE", der)
	if err != nil {
		return pair{}, err
	}
	written, err := writeKey(filepath.Join(ca.folder, name+".key"), key)
	return pair{cert, written}, err
}

func writeKey(path string, key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return writePEM(path, "EC PRIVATE KEY", der)
}

// writeServiceAccountKey writes the pair that signs and checks the tokens of service accounts.
func writeServiceAccountKey(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if _, err := writeKey(filepath.Join(folder, "service-account.key"), key); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	_, err = writePEM(filepath.Join(folder, "service-account.pub"), "PUBLIC KEY", der)
	return err
}

func writePEM(path, kind string, der []byte) ([]byte, error) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	return text, os.WriteFile(path, text, 0o600)
}

func writeKubeconfig(path, server string, ca []byte, user pair) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["kubebox"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos["kubebox"] = &clientcmdapi.AuthInfo{ClientCertificateData: user.cert, ClientKeyData: user.key}
	config.Contexts["kubebox"] = &clientcmdapi.Context{Cluster: "kubebox", AuthInfo: "kubebox"}
	config.CurrentContext = "kubebox"
	return clientcmd.WriteToFile(*config, path)
}
