using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>Says of a stopped line who stopped it.</summary>
internal static class Lines
{
    public static Block Block(Bundle? bundle, LineStop stop) => new(
        bundle, BlockKind.Line, stop.Scope.ToString(), stop.Stamp.Who, stop.Stamp.At, Words(stop), $"release the line of {stop.Scope}");

    public static string Words(LineStop stop) => $"the line of {stop.Scope} is stopped by {stop.Stamp.Who}: {stop.Stamp.Why}";
}
