-- Nearest neighbours among the vectors of the embedder that ships with Torale (libs/ai: LOCAL_EMBEDDER_MODEL). An
-- HNSW index needs one number of dimensions, hence one partial index per model; another model brings its own.
create index content_embeddings_local_model_idx on public.content_embeddings
  using hnsw ((embedding::extensions.vector(100)) extensions.vector_cosine_ops)
  where model = 'torale-sif-100d-v1';
