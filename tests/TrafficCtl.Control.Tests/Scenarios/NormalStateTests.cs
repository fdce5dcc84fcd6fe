using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public class NormalStateTests
{
    [Fact]
    public async Task After_a_success_the_older_stable_of_the_file_is_a_note_and_no_warning()
    {
        using var world = await new World().BegunAsync();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        await world.SecondAsync();
        Assert.Empty(world.View.Warnings);
        Assert.Equal(
            ["the file still says stable: v1, which counts at the first start only; v2, the last good version, is in force"],
            world.View.Notes);
    }

    [Fact]
    public async Task Nothing_is_noted_while_the_file_and_the_store_agree()
    {
        using var world = await new World().BegunAsync();
        await world.SecondAsync();
        Assert.Empty(world.View.Notes);
    }
}
