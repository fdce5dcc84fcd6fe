namespace TrafficCtl.Cli.Printing;

internal static class Product
{
    /// <summary>The name of the executable, as messages begin with it.</summary>
    public const string Name = "trafficctl";
}
