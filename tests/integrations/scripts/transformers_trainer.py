"""A tiny transformer, trained by the Trainer with report_to="wandb"."""

import json
import os
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

set_seed(0)
model = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=32,
        n_positions=16,
        n_embd=16,
        n_layer=1,
        n_head=2,
        bos_token_id=0,
        eos_token_id=1,
    )
)
tokens = torch.randint(0, 32, (64, 8))
data = [{"input_ids": row, "labels": row} for row in tokens]
trainer = Trainer(
    model=model,
    args=TrainingArguments(
        output_dir="out",
        run_name="tiny",
        report_to="wandb",
        max_steps=110,
        per_device_train_batch_size=4,
        logging_steps=5,
        eval_strategy="steps",
        eval_steps=50,
        save_steps=100,
        use_cpu=True,
        disable_tqdm=True,
    ),
    train_dataset=data,
    eval_dataset=data[:8],
)
trainer.train()
trainer.save_model("end")
with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "log_history": trainer.state.log_history,
            "weights": Path("end/model.safetensors").read_bytes().hex(),
            "hidden": model.config.n_embd,
            "parameters": [name for name, _ in model.named_parameters()],
            "learning_rate": trainer.args.learning_rate,
        },
        truth,
    )
