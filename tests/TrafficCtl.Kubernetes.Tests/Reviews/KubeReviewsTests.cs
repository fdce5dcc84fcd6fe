using TrafficCtl.Kubernetes.Reviews;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Reviews;

public sealed class KubeReviewsTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asks_whose_a_token_is_and_what_its_user_may()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Callers.Know("t", "ana", ["dev", "ops"]);
        stage.Kube.Callers.Grant("ops", "patch", "shop");
        var reviews = new KubeReviews(stage.Client, null);
        var user = await reviews.WhoAsync("t", Stop);
        Assert.Equal(("ana", "1234"), (user!.Name, user.Uid));
        Assert.Equal(["dev", "ops"], user.Groups);
        Assert.Equal("web-0", (string?)user.Extra!["authentication.kubernetes.io/pod-name"]![0]);
        Assert.True(await reviews.MayAsync(user, "patch", "shop", Stop));
        Assert.False(await reviews.MayAsync(user, "patch", "bank", Stop));
        Assert.False(await reviews.MayAsync(user, "patch", null, Stop));
        Assert.Null(await reviews.WhoAsync("other", Stop));
        Assert.All(stage.Kube.Calls, static call => Assert.Equal("create", call.Verb));
    }

    [Fact]
    public async Task No_message_holds_a_token()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Intercept = static _ => new TestKit.KubeFault.Refuse(403, "Forbidden", "may not");
        var refused = await Assert.ThrowsAsync<KubeException>(
            () => new KubeReviews(stage.Client, null).WhoAsync("very-secret", Stop));
        Assert.DoesNotContain("very-secret", refused.ToString(), StringComparison.Ordinal);
    }
}
