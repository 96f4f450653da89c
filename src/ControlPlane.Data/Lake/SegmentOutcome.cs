namespace ControlPlane.Data.Lake;

/// <summary>What became of a segment that a node sent.</summary>
public enum SegmentOutcome
{
    Stored,

    /// <summary>The same bytes are there under this name already: the node had not heard the first answer.</summary>
    AlreadyThere,

    /// <summary>Other bytes are there under this name.</summary>
    NameTaken,

    /// <summary>What arrived has another SHA-256 than the sender said.</summary>
    DigestMismatch,
    TooLarge,

    /// <summary>It neither begins nor ends as a Parquet file does.</summary>
    NotParquet,
}
