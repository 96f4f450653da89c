namespace ControlPlane.Web.Shared;

/// <summary>How something is: an icon, a word and a tone, always together.</summary>
/// <param name="Tone">A class of the style sheet: <c>ok</c>, <c>bad</c>, <c>unsure</c>, <c>stale</c>, <c>back</c>, <c>prog</c>, <c>wait</c> or empty.</param>
public sealed record Mark(string Icon, string Text, string Tone = "");
