using MudBlazor;

namespace ControlPlane.Web.Layout;

/// <summary>Our tokens in the slots of the component library. Colours come from the style sheet (library.css), which follows the theme without a new render.</summary>
internal static class ControlPlaneTheme
{
    private static readonly string[] _sans = ["IBM Plex Sans", "Segoe UI", "system-ui", "sans-serif"];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#16202C", PrimaryContrastText = "#FFFFFF",      // ink: the main action of a page
            Secondary = "#1B5FC1", SecondaryContrastText = "#FFFFFF",  // stable: only the way back
            Tertiary = "#C95A00", TertiaryContrastText = "#FFFFFF",    // candidate
            Info = "#445161", Success = "#0B7A63", Warning = "#8A6300", Error = "#A3162C",
            Background = "#F4F5F7", BackgroundGray = "#F0F2F5", Surface = "#FFFFFF",
            AppbarBackground = "#F4F5F7", AppbarText = "#16202C",
            DrawerBackground = "#F4F5F7", DrawerText = "#445161", DrawerIcon = "#445161",
            TextPrimary = "#16202C", TextSecondary = "#445161", TextDisabled = "#5A6675",
            ActionDefault = "#445161", ActionDisabled = "#5A6675", ActionDisabledBackground = "#F4F5F7",
            Divider = "#DEE2E8", DividerLight = "#E8EBEF", LinesDefault = "#DEE2E8", LinesInputs = "#828C98",
            TableLines = "#DEE2E8", TableStriped = "#00000000", TableHover = "#F0F2F58C",
            HoverOpacity = 0.05, RippleOpacity = 0, OverlayDark = "rgba(16,24,36,0.40)", Skeleton = "#E8EBEF",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#E7ECF2", PrimaryContrastText = "#0E1217",
            Secondary = "#6FA8FF", SecondaryContrastText = "#0A1628",
            Tertiary = "#F39A4A", TertiaryContrastText = "#0E1217",
            Info = "#B3BDC9", Success = "#4DBFA1", Warning = "#DDB04A", Error = "#F0728A",
            Background = "#0E1217", BackgroundGray = "#1B212A", Surface = "#151A21",
            AppbarBackground = "#0E1217", AppbarText = "#E7ECF2",
            DrawerBackground = "#0E1217", DrawerText = "#B3BDC9", DrawerIcon = "#B3BDC9",
            TextPrimary = "#E7ECF2", TextSecondary = "#B3BDC9", TextDisabled = "#929DAA",
            ActionDefault = "#B3BDC9", ActionDisabled = "#929DAA", ActionDisabledBackground = "#0E1217",
            Divider = "#29313C", DividerLight = "#232A34", LinesDefault = "#29313C", LinesInputs = "#6E7A88",
            TableLines = "#29313C", TableStriped = "#00000000", TableHover = "#1B212A8C",
            HoverOpacity = 0.08, RippleOpacity = 0, OverlayDark = "rgba(0,0,0,0.60)", Skeleton = "#232A34",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = _sans, FontSize = "13px", LineHeight = "20px", FontWeight = "400", LetterSpacing = "normal" },
            H1 = new H1Typography { FontSize = "20px", LineHeight = "28px", FontWeight = "600", LetterSpacing = "-.005em" },
            H2 = new H2Typography { FontSize = "14px", LineHeight = "20px", FontWeight = "600", LetterSpacing = "normal" },
            H3 = new H3Typography { FontSize = "13px", LineHeight = "20px", FontWeight = "500", LetterSpacing = "normal" },
            H4 = new H4Typography { FontSize = "24px", LineHeight = "28px", FontWeight = "500", LetterSpacing = "normal" },       // values in tiles
            H6 = new H6Typography { FontSize = "16px", LineHeight = "24px", FontWeight = "600", LetterSpacing = "normal" },       // dialog titles
            Subtitle1 = new Subtitle1Typography { FontSize = "17px", LineHeight = "26px", FontWeight = "400", LetterSpacing = "normal" }, // the now sentence
            Subtitle2 = new Subtitle2Typography { FontSize = "13px", LineHeight = "20px", FontWeight = "500", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontSize = "13px", LineHeight = "20px", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontSize = "13px", LineHeight = "20px", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontSize = "12px", LineHeight = "16px", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontSize = "13px", LineHeight = "20px", FontWeight = "500", TextTransform = "none", LetterSpacing = "normal" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "48px", DrawerWidthLeft = "208px", DrawerMiniWidthLeft = "56px" },
    };
}
