"""A pipeline of transformers with a tiny model, logged call by call."""

import json
import os

import torch
import wandb
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, pipeline
from wandb.integration.huggingface import autolog

torch.manual_seed(0)
with open("vocab.txt", "w") as words:
    words.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "a", "day"]))
model = BertForSequenceClassification(
    BertConfig(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
)
classify = pipeline(
    "text-classification", model=model, tokenizer=BertTokenizerFast("vocab.txt"), device="cpu"
)

autolog({"name": "pipeline"})
answers = classify(["what a day", "a day"])
wandb.log({"after": 1})
autolog.disable()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"answers": [str(each) for each in answers]}, truth)
