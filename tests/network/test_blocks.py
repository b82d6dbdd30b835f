from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.network.blocks import blocks_of, within

RESNET = [
    "conv1_conv",
    "conv2_block1_1_conv",
    "conv2_block1_1_bn",
    "conv2_block1_2_conv",
    "conv2_block1_add",
    "conv2_block2_1_conv",
    "conv2_block2_1_bn",
    "conv2_block2_1_relu",
    "conv2_block2_add",
    "predictions",
]


def test_paths_are_blocks():
    names = ["embed", "block_0/attention/query", "block_0/attention/key", "block_0/ffn"]
    found = blocks_of(names)
    assert found["block_0/attention/query"] == ("block_0", "block_0/attention")
    assert found["block_0/ffn"] == ("block_0",)
    assert found["embed"] == ()


def test_numbered_beginnings_of_consecutive_names_are_blocks():
    found = blocks_of(RESNET)
    assert found["conv2_block1_2_conv"] == ("conv2", "conv2_block1")
    assert found["conv2_block2_1_bn"] == ("conv2", "conv2_block2")
    assert found["conv1_conv"] == found["predictions"] == ()
    assert within("conv2_block1_2_conv", "conv2_block1") == "2_conv"


def test_numbers_of_layers_are_no_blocks():
    names = ["dense", "dense_1", "dense_2", "left_1_a", "right_1_a", "left_1_b"]
    assert set(blocks_of(names).values()) == {()}


@given(st.lists(st.text("ab1_/", min_size=1, max_size=8), unique=True, max_size=12))
def test_each_block_contains_several_layers_and_its_inner_blocks(names):
    found = blocks_of(names)
    assert [*found] == names
    for name, blocks in found.items():
        for outer, inner in pairwise([*blocks, name]):
            assert inner.startswith(outer)
            assert len(inner) > len(outer)
        for block in blocks:
            assert sum(one.startswith(block) and one != block for one in names) >= 2
