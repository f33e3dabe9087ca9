// The packed schema of the AWS provider (scripts/aws-schema.py), in the read-only data of the program.
    .section .rodata.slipway_aws_schema, "a", %progbits
    .balign 64
    .globl slipway_aws_schema_begin
    .type slipway_aws_schema_begin, %object
slipway_aws_schema_begin:
    .incbin SLIPWAY_AWS_SCHEMA
    .globl slipway_aws_schema_end
slipway_aws_schema_end:
    .size slipway_aws_schema_begin, slipway_aws_schema_end - slipway_aws_schema_begin
    .section .note.GNU-stack, "", %progbits
