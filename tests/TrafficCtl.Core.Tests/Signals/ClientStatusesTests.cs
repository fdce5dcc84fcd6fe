using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Signals;

public class ClientStatusesTests
{
    [Fact]
    public void Every_slot_has_its_own_status_and_name_and_what_is_not_listed_shares_the_last()
    {
        var slots = Enumerable.Range(0, ClientStatuses.Count).ToArray();
        Assert.Equal(slots.Length, slots.Select(ClientStatuses.NameOf).Distinct(StringComparer.Ordinal).Count());
        foreach (var slot in slots)
        {
            if (ClientStatuses.StatusOf(slot) is { } status)
                Assert.Equal((slot, $"{status}"), (ClientStatuses.IndexOf(status), ClientStatuses.NameOf(slot)));
            else Assert.Equal((ClientStatuses.Other, "4xx"), (slot, ClientStatuses.NameOf(slot)));
        }

        foreach (var other in (int[])[0, 399, 418, 451, 499, 500, int.MaxValue])
            Assert.Equal(ClientStatuses.Other, ClientStatuses.IndexOf(other));
        foreach (var common in (int[])[400, 401, 403, 404, 422, 429]) Assert.NotEqual(ClientStatuses.Other, ClientStatuses.IndexOf(common));
    }
}
