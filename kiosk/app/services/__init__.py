"""The effects of the flow, by the part of the outside they speak to."""
