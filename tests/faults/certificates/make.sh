#!/bin/sh
# Makes the certificates of the fault tests anew, in the folder of this file. They are committed because not every
# machine has openssl. Nobody else trusts them, so their keys are no secrets.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/ca.cnf" <<EOF
[ca]
default_ca = tests
[tests]
database = $scratch/index.txt
new_certs_dir = $scratch
rand_serial = yes
default_md = sha256
policy = name
unique_subject = no
[req]
distinguished_name = name
[name]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[this-host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
[other-host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:elsewhere.test
EOF
: >"$scratch/index.txt"

certify() { # name, section of extensions, end of its time, who signs
    openssl ecparam -name prime256v1 -genkey -noout -out "$scratch/$1.key"
    openssl req -new -config "$scratch/ca.cnf" -key "$scratch/$1.key" -subj "/CN=restpath tests: $1" -out "$scratch/$1.csr"
    name=$1 section=$2 end=$3
    shift 3
    openssl ca -batch -notext -config "$scratch/ca.cnf" -extensions "$section" -startdate 20200101000000Z \
        -enddate "$end" "$@" -in "$scratch/$name.csr" -out "$scratch/$name.crt" 2>"$scratch/log" || cat "$scratch/log"
}

certify authority authority 21200101000000Z -selfsign -keyfile "$scratch/authority.key"
cp "$scratch/authority.crt" authority.pem
certify good this-host 21200101000000Z -cert authority.pem -keyfile "$scratch/authority.key"
certify wrong-name other-host 21200101000000Z -cert authority.pem -keyfile "$scratch/authority.key"
certify expired this-host 20210101000000Z -cert authority.pem -keyfile "$scratch/authority.key"
certify self-signed this-host 21200101000000Z -selfsign -keyfile "$scratch/self-signed.key"
for name in good wrong-name expired self-signed; do
    cat "$scratch/$name.key" "$scratch/$name.crt" >"$name.pem"
done
