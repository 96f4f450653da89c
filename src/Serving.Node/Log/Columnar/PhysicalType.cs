namespace Serving.Node.Log.Columnar;

/// <summary>How the values of a column lie in the file, little-endian; the numbers are Parquet's own.</summary>
internal enum PhysicalType
{
    Int32 = 1,
    Int64 = 2,
    Real32 = 4,
    Real64 = 5,

    /// <summary>Length (4 bytes) and UTF-8.</summary>
    Text = 6,
}
