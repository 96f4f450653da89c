namespace Serving.Node.Log;

/// <summary>How the values of a column stand in a record.</summary>
internal enum LogCell : byte
{
    /// <summary>8 bytes a row.</summary>
    Number = 1,

    /// <summary>8 bytes a row.</summary>
    Integer = 2,

    /// <summary>Length and UTF-8 a row.</summary>
    Text = 3,

    /// <summary>Element type (1 byte), rank (1), the sizes of a row (4 each), then the elements of all rows.</summary>
    Tensor = 4,

    /// <summary>Labels as a JSON list (text), number of labels (4 bytes), then a float for each row and label.</summary>
    Labelled = 5,
}
