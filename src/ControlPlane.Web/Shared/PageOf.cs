namespace ControlPlane.Web.Shared;

/// <summary>One page of a longer list.</summary>
/// <param name="Total">Rows that match, on all pages.</param>
/// <param name="All">Rows there are without any filter, which tells "nothing yet" from "no match".</param>
public sealed record PageOf<T>(IReadOnlyList<T> Rows, int Total, int All);
