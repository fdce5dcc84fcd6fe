using Google.Protobuf.Reflection;
using TrafficCtl.Offline.Judging;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>The windows of the contract and the lines of a file are the same: what one can say, so can the other.</summary>
public sealed class MeasuredWindowTests
{
    [Fact]
    public void Every_key_of_a_window_file_is_a_field_of_the_contract()
    {
        foreach (var (keys, message) in (ReadOnlySpan<(KeySet, MessageDescriptor)>)
        [
            (KeySet.Window, MeasuredWindow.Descriptor),
            (KeySet.Latency, MeasuredLatency.Descriptor),
            (KeySet.Users, MeasuredUsers.Descriptor),
            (KeySet.Placebo, MeasuredPart.Descriptor),
            (KeySet.PlaceboLatency, MeasuredCounts.Descriptor),
            (KeySet.Route, MeasuredRoute.Descriptor),
            (KeySet.RouteLatency, MeasuredRouteCounts.Descriptor),
            (KeySet.Bytes, MeasuredSizes.Descriptor),
            (KeySet.Aborted, MeasuredAborts.Descriptor),
        ])
        {
            Assert.Equal(
                keys.Names.Order(StringComparer.Ordinal),
                message.Fields.InDeclarationOrder().Select(static f => f.JsonName).Order(StringComparer.Ordinal));
        }
    }
}
