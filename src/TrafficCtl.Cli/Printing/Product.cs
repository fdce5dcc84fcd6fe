namespace TrafficCtl.Cli.Printing;

internal static class Product
{
    /// <summary>Of the executable, as messages begin with it.</summary>
    public const string Name = "trafficctl";
}
