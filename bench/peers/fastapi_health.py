"""What the original application answers to GET /health, in the way that it does: FastAPI, its CORS middleware, a dictionary made anew."""

import datetime
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Original", version="1.0.0")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True, allow_methods=["*"],
                   allow_headers=["*"])


@app.get("/health")
async def health():
    return {"status": "healthy", "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(), "version": app.version,
            "environment": os.environ.get("APP_ENV", "development")}
