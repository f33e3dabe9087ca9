// The packed weights as they are, in the read-only data of the program: mapped with it, read from disk when first used.
    .section .rodata.slipway_encoder_weights, "a", %progbits
    .balign 64
    .globl slipway_encoder_weights
    .type slipway_encoder_weights, %object
slipway_encoder_weights:
    .incbin SLIPWAY_ENCODER_WEIGHTS
slipway_encoder_weights_end:
    .size slipway_encoder_weights, slipway_encoder_weights_end - slipway_encoder_weights
    .section .rodata.slipway_encoder_weights_size, "a", %progbits
    .balign 8
    .globl slipway_encoder_weights_size
    .type slipway_encoder_weights_size, %object
slipway_encoder_weights_size:
    .quad slipway_encoder_weights_end - slipway_encoder_weights
    .size slipway_encoder_weights_size, 8
    .section .note.GNU-stack, "", %progbits
