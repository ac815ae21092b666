using CsCheck;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>A directory in a database: what comes back is what was applied, whatever it was.</summary>
public abstract class DirectoryStoreTests(DatabaseKind kind, PostgreSqlServer server)
{
    private static readonly Gen<string> Text = Gen.Char[' ', '~'].Array[1, 20].Select(characters => $"t{new string(characters)}");
    private static readonly Gen<IReadOnlyList<string>> Texts = Text.Array[0, 4].Select(texts => (IReadOnlyList<string>)texts);
    private static readonly Gen<DateTime> Instant = Gen.Long[1, DateTime.MaxValue.Ticks / 2].Select(ticks => new DateTime(ticks, DateTimeKind.Utc));
    private static readonly Gen<ActivePeriod> Period = Gen.Select(Instant, Gen.Long[1, DateTime.MaxValue.Ticks / 2], Gen.Int[0, 3]).Select((from, length, form) => form switch
    {
        0 => ActivePeriod.Always,
        1 => ActivePeriod.Since(from),
        2 => new ActivePeriod(DateTime.MinValue, from),
        _ => new ActivePeriod(from, from.AddTicks(length)),
    });

    private static readonly Gen<AccessConditions> Conditions = Gen.Select(Gen.Int[0, 4], Gen.Long[1, 1L << 50], Gen.Int[1, 127], Gen.Int[0, 86_399], Gen.Double[0.01, 1], Gen.Int[0, 7]).Select((quality, depth, days, seconds, share, form) => new AccessConditions
    {
        MinimumQuality = (QualityLevel)quality,
        HistoryDepth = (form & 1) == 0 ? null : TimeSpan.FromTicks(depth),
        Windows = (form & 2) == 0 ? [] : [new WeeklyWindow((byte)days, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(86_399 - seconds))],
        Floor = (form & 4) == 0 ? null : new AggregationFloor(days, share),
    });

    private static readonly Gen<AccessRule> Rule = Gen.Select(Gen.Int[0, 3], Gen.Bool, Gen.Int[1, 127], Text, Texts, Texts, Period, Conditions).Select((layer, allows, operations, text, texts, more, period, conditions) => new AccessRule
    {
        Id = "r",
        Layer = new[] { PolicyLayer.Mandate, PolicyLayer.Operator, PolicyLayer.Owner, PolicyLayer.Class }[layer],
        Effect = allows ? RuleEffect.Allow : RuleEffect.Deny,
        Operations = (Operations)operations,
        Citation = text,
        Scope = new AccessScope { Portals = texts, Points = more, DataClasses = allows ? ["Energy"] : [] },
        Subjects = new RuleSubjects { Relations = (Relation)(operations & 15), Power = (ManagerPower)(operations & 3) },
        Conditions = conditions,
        Jurisdictions = more,
        PremisesFlags = texts,
        Period = period,
    });

    private static readonly Gen<Entity> Entity = Gen.Select(Text, Text, Period).Select((name, jurisdiction, period) => Parties.Utility with { Name = name, Jurisdiction = jurisdiction, Active = period });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // CsCheck prints the seed of a failure.
    [Fact]
    public async Task Records_come_back_as_they_were_applied()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var directory = await OpenAsync(test);
        await Gen.Select(Rule, Entity, Texts, Period).SampleAsync(async (rule, entity, flags, period) =>
        {
            object[] applied = [rule, entity, new Premises { Portal = "p", Flags = flags }, new Stewardship { Id = "s", Portal = "p", Owner = "river", Period = period }];
            await directory.ApplyAsync(applied, "test", "a property", Token);
            var loaded = (await OpenAsync(test)).Tables;
            // Records with lists are equal where their written forms are.
            foreach (var record in applied)
            {
                var of = RecordKinds.Of(record)!;
                Assert.Equal(of.Write(record), of.Write(loaded.Find(of, of.IdOf(record))!));
                Assert.Equal(of.Write(record), of.Write(of.Read(of.Write(record))));
            }

            Assert.Equal(entity, loaded.Entities["river"]);
            Assert.Equal(rule.Period, loaded.Rules["r"].Period);
            Assert.Equal(rule.Scope.Points, loaded.Rules["r"].Scope.Points);
            Assert.Equal(rule.Conditions.Windows, loaded.Rules["r"].Conditions.Windows);
            Assert.Equal(rule.Conditions.Floor, loaded.Rules["r"].Conditions.Floor);
        }, iter: 50, threads: 1);
    }

    [Fact]
    public async Task A_signed_agreement_comes_back_to_the_tick_and_the_byte()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var act = new SignedAct { Act = AgreementAct.Propose, Party = "river", Signer = "app", At = Parties.Start.AddTicks(1234567), Nonce = new string('A', 32), Certificate = "QQ==", Signature = "+/8=", Reason = "für \"alle\" \\ <&> ☂" };
        var agreement = new Agreement
        {
            Id = "a1",
            Status = AgreementStatus.Proposed,
            ChangedAt = Parties.Start.AddTicks(7),
            Acts = [act, act with { Act = AgreementAct.Accept, Party = "bright" }],
            Terms = new AgreementTerms
            {
                Grantor = "river",
                Grantee = "bright",
                Purpose = "billing",
                Operations = Operations.Read | Operations.Subscribe,
                Scope = new AccessScope { DataClasses = ["Energy"] },
                Period = new ActivePeriod(Parties.Start, Parties.Start.AddYears(1)),
                MayDelegate = true,
            },
        };
        await (await OpenAsync(test)).ApplyAsync([Parties.Utility, Parties.Retailer, agreement], "test", "signed", Token);
        var loaded = (await OpenAsync(test)).Agreements["a1"];
        Assert.Equal(agreement.Acts, loaded.Acts);
        Assert.Equal(agreement.ChangedAt, loaded.ChangedAt);
        Assert.Equal(DateTimeKind.Utc, loaded.Acts[0].At.Kind);
        Assert.Equal(RecordKinds.Agreement.Write(agreement), RecordKinds.Agreement.Write(loaded));
        // What is evidence does not change.
        await Assert.ThrowsAsync<DirectoryException>(async () => await (await OpenAsync(test)).ApplyAsync([loaded with { Acts = [act] }], "test", "shortened", Token));
    }

    private static async Task<PortalDirectory> OpenAsync(TestDatabase test) =>
        await PortalDirectory.OpenAsync(await SqlRecordStore.OpenAsync(test.Database, Token), new FakeTimeProvider(Parties.Start), cancellation: Token);
}

public sealed class SqliteDirectoryTests(PostgreSqlServer server) : DirectoryStoreTests(DatabaseKind.Sqlite, server);

public sealed class PostgreSqlDirectoryTests(PostgreSqlServer server) : DirectoryStoreTests(DatabaseKind.PostgreSql, server);
