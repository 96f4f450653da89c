namespace ControlPlane.Demo.Traffic;

/// <summary>How much of the mean rate is sent at a time of day: least at 4, most at 16, with a swing of 60 %.</summary>
internal static class DailyCurve
{
    private const double Swing = 0.6;
    private const double BusiestHour = 16;

    /// <returns>0.4 to 1.6; 1 over the day.</returns>
    public static double At(TimeSpan timeOfDay) => 1 + Swing * Math.Cos(2 * Math.PI * (timeOfDay.TotalHours - BusiestHour) / 24);
}
