pragma circom 2.0.0;
include "poseidon.circom";

// y = Poseidon(x iterated n times through a^2 + 7, salt)
template Chain(n) {
    signal input x;
    signal input salt;
    signal output y;
    signal acc[n + 1];
    acc[0] <== x;
    for (var i = 0; i < n; i++) {
        acc[i + 1] <== acc[i] * acc[i] + 7;
    }
    component h = Poseidon(2);
    h.inputs[0] <== acc[n];
    h.inputs[1] <== salt;
    y <== h.out;
}

component main {public [x]} = Chain(5);
