"""How settings name an ONNX file of the operator's own: a service gives the prefix and what the file is for."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OnnxSettings(BaseSettings):
    """Without a path no such file is used. Pictures are squeezed to a square, R G B, (sample / 255 - mean) / std."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    path: Path | None = Field(default=None, description="an ONNX file with one input, 1 x 3 x side x side")
    sha256: str = Field(default="", pattern="^([0-9a-fA-F]{64})?$", description="of the file; it must match")
    side: int = Field(default=224, ge=16, le=2048, description="pixels of the square that the network wants")
    mean: tuple[float, float, float] = Field(default=(0.485, 0.456, 0.406), description="subtracted from 0–1 samples")
    std: tuple[float, float, float] = Field(default=(0.229, 0.224, 0.225), description="and divided by")
