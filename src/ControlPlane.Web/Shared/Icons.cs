using System.Collections.Frozen;

namespace ControlPlane.Web.Shared;

/// <summary>Our own icons: 16 × 16, stroke 1.5, round ends. One for each meaning, never used for another.</summary>
internal static class Icons
{
    private static readonly FrozenDictionary<string, string> _shapes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["abort"] = """<circle cx="8" cy="8" r="6.25"/><path d="m3.6 3.6 8.8 8.8"/>""",
        ["advance"] = """<path d="m3 3.5 5 4.5-5 4.5zM9 3.5l5 4.5-5 4.5z"/>""",
        ["approvals"] = """<path d="M8 1.75 13.25 3.6v4c0 3.1-2.1 5.5-5.25 6.65C4.85 13.1 2.75 10.7 2.75 7.6v-4z"/><path d="m5.6 7.8 1.8 1.8 3.1-3.4"/>""",
        ["arrow"] = """<path d="M2.5 8h11M9.5 4l4 4-4 4"/>""",
        ["arrow-down"] = """<path d="M8 3v10M4 9l4 4 4-4"/>""",
        ["arrow-up"] = """<path d="M8 13V3M4 7l4-4 4 4"/>""",
        ["audit"] = """<path d="M4 1.75h8a1 1 0 0 1 1 1v11.5l-2-1.2-2 1.2-2-1.2-2 1.2-2-1.2V2.75a1 1 0 0 1 1-1z"/><path d="M5.75 5.25h4.5M5.75 8.25h4.5"/>""",
        ["bad"] = """<path d="M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4z"/><path d="M8 4.75v3.75M8 11.1h.01"/>""",
        ["check"] = """<path d="m3 8.5 3.25 3.25L13 4.75"/>""",
        ["clock"] = """<circle cx="8" cy="8" r="6.25"/><path d="M8 4.5V8l2.4 1.6"/>""",
        ["columns"] = """<rect x="2" y="2.75" width="12" height="10.5" rx="1"/><path d="M6 2.75v10.5M10 2.75v10.5"/>""",
        ["copy"] = """<rect x="5.5" y="5.5" width="8" height="8" rx="1.25"/><path d="M10.5 3.5v-.25a1 1 0 0 0-1-1H3.25a1 1 0 0 0-1 1V9.5a1 1 0 0 0 1 1h.25"/>""",
        ["done"] = """<circle cx="8" cy="8" r="6.25"/><path d="m5.25 8.2 1.9 1.9 3.6-4"/>""",
        ["down"] = """<path d="m4 6 4 4 4-4"/>""",
        ["download"] = """<path d="M8 2.25v8M4.75 7.25 8 10.5l3.25-3.25M2.25 10.5v2.25a1 1 0 0 0 1 1h9.5a1 1 0 0 0 1-1V10.5"/>""",
        ["draft"] = """<circle cx="8" cy="8" r="5.5" stroke-dasharray="2 2.3"/>""",
        ["endpoints"] = """<path d="M1.75 8h7.5M6.5 5 9.5 8l-3 3"/><path d="M8.5 2.5h4a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-4"/>""",
        ["experiments"] = """<path d="M6 1.75h4M6.75 1.75v4.5L2.9 12.6a1.1 1.1 0 0 0 1 1.65h8.2a1.1 1.1 0 0 0 1-1.65L9.25 6.25v-4.5M4.6 10h6.8"/>""",
        ["eye"] = """<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>""",
        ["file"] = """<path d="M9 1.75H4.25a1 1 0 0 0-1 1v10.5a1 1 0 0 0 1 1h7.5a1 1 0 0 0 1-1V5.5z"/><path d="M9 1.75V5.5h3.75"/>""",
        ["filter"] = """<path d="M2 3.5h12M4.5 8h7M6.75 12.5h2.5"/>""",
        ["help"] = """<circle cx="8" cy="8" r="6.25"/><path d="M6.1 6.2A2 2 0 0 1 10 6.7c0 1.3-2 1.5-2 2.8M8 11.6h.01"/>""",
        ["info"] = """<circle cx="8" cy="8" r="6.25"/><path d="M8 7.25v4M8 4.9h.01"/>""",
        ["key"] = """<circle cx="5" cy="11" r="2.75"/><path d="m7 9 6-6M10.5 5.5l2 2M12.25 3.75l1.5 1.5"/>""",
        ["link"] = """<path d="M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.4-2.4A2.6 2.6 0 0 0 9 3.3l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.9-.9"/>""",
        ["lock"] = """<rect x="3" y="7" width="10" height="6.75" rx="1.25"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>""",
        ["menu"] = """<path d="M2.25 4h11.5M2.25 8h11.5M2.25 12h11.5"/>""",
        ["models"] = """<path d="M8 1.75 13.5 4.8v6.4L8 14.25 2.5 11.2V4.8z"/><path d="M2.6 4.85 8 7.9l5.4-3.05M8 7.9v6.3"/>""",
        ["monitoring"] = """<path d="M1.5 8.5h2.75L6 3.5l3.25 9L11 8.5h3.5"/>""",
        ["more"] = """<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.25"/>""",
        ["nodes"] = """<rect x="2" y="2.5" width="12" height="4.5" rx="1.25"/><rect x="2" y="9" width="12" height="4.5" rx="1.25"/><path d="M4.6 4.75h.01M4.6 11.25h.01M7.5 4.75h4M7.5 11.25h4"/>""",
        ["overview"] = """<rect x="2.25" y="2.25" width="4.75" height="6" rx="1"/><rect x="9" y="2.25" width="4.75" height="3.5" rx="1"/><rect x="2.25" y="10.25" width="4.75" height="3.5" rx="1"/><rect x="9" y="7.75" width="4.75" height="6" rx="1"/>""",
        ["pause"] = """<path d="M5.25 3v10M10.75 3v10" stroke-width="2.25"/>""",
        ["play"] = """<path d="M4.5 2.75v10.5L13 8z" fill="currentColor"/>""",
        ["edit"] = """<path d="M3 13l.7-3L10.5 3.2a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7L6 12.3zM9.3 4.4l2.3 2.3"/>""",
        ["plus"] = """<path d="M8 3v10M3 8h10"/>""",
        ["promote"] = """<path d="M8 13.5v-9M4 8l4-4 4 4M2.75 2h10.5"/>""",
        ["ready"] = """<circle cx="8" cy="8" r="5.5"/>""",
        ["refresh"] = """<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3h-3"/>""",
        ["right"] = """<path d="m6 4 4 4-4 4"/>""",
        ["rollouts"] = """<path d="M1.75 13.25h3v-3h3.25v-3.25h3.25V3.5h3"/>""",
        ["run"] = """<path d="M8 1.75a6.25 6.25 0 1 1-6.25 6.25"/>""",
        ["search"] = """<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.25 3.25"/>""",
        ["settings"] = """<path d="M2 4.5h6.5M12 4.5h2M2 11.5h2M7.5 11.5H14"/><circle cx="10.25" cy="4.5" r="1.75"/><circle cx="5.75" cy="11.5" r="1.75"/>""",
        ["shield"] = """<path d="M8 1.75 13.25 3.6v4c0 3.1-2.1 5.5-5.25 6.65C4.85 13.1 2.75 10.7 2.75 7.6v-4z"/>""",
        ["sign-out"] = """<path d="M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M7 8h7M11 5l3 3-3 3"/>""",
        ["silent"] = """<path d="M2 2l12 12M4.3 6.2A6 6 0 0 0 2 8M6.9 4.6A7 7 0 0 1 14 8M6 10a3 3 0 0 1 3.6-.4M8 13h.01"/>""",
        ["star"] = """<path d="m8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z"/>""",
        ["superseded"] = """<path d="M1.75 8h1.5M5 8h1.5M8.25 8h5M10 4.75 13.25 8 10 11.25"/>""",
        ["table"] = """<rect x="2" y="2.75" width="12" height="10.5" rx="1"/><path d="M2 6.25h12M6.5 6.25v7"/>""",
        ["theme"] = """<circle cx="8" cy="8" r="5.75"/><path d="M8 2.25v11.5" /><path d="M8 2.25a5.75 5.75 0 0 1 0 11.5z" fill="currentColor" stroke="none"/>""",
        ["trash"] = """<path d="M2.75 4.25h10.5M6.25 4.25v-1.5h3.5v1.5M4 4.25l.6 9h6.8l.6-9M6.6 7v3.5M9.4 7v3.5"/>""",
        ["undo"] = """<path d="M5.5 3 2.5 6l3 3"/><path d="M2.75 6H9.5a4 4 0 0 1 0 8H6"/>""",
        ["unsure"] = """<circle cx="8" cy="8" r="6.25" stroke-dasharray="2.6 1.6"/><path d="M6.3 6.3A1.75 1.75 0 0 1 9.7 6.8c0 1.1-1.7 1.35-1.7 2.5M8 11.3h.01"/>""",
        ["upload"] = """<path d="M8 10.5v-8M4.75 5.5 8 2.25l3.25 3.25M2.25 10.5v2.25a1 1 0 0 0 1 1h9.5a1 1 0 0 0 1-1V10.5"/>""",
        ["user"] = """<circle cx="8" cy="5.25" r="3"/><path d="M2.5 14c.5-3 2.7-4.5 5.5-4.5s5 1.5 5.5 4.5"/>""",
        ["wait"] = """<path d="M4 1.75h8M4 14.25h8M4.75 1.75v2.5L8 8l3.25-3.75v-2.5M4.75 14.25v-2.5L8 8l3.25 3.75v2.5"/>""",
        ["warm"] = """<path d="M8 1.75c.5 2.5 3.75 4 3.75 7.5a3.75 3.75 0 0 1-7.5 0c0-1.6.9-2.5 1.5-3.25.4 1 .9 1.4 1.5 1.6C6.9 5.5 7 3.5 8 1.75z"/>""",
        ["warn"] = """<path d="M8 2.25 14.5 13.5h-13z"/><path d="M8 6.5v3.25M8 11.6h.01"/>""",
        ["x"] = """<path d="m4 4 8 8M12 4l-8 8"/>""",
    }.ToFrozenDictionary();

    /// <exception cref="KeyNotFoundException">There is no icon of that name.</exception>
    public static string Shape(string name) => _shapes[name];
}
