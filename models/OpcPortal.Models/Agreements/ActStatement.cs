namespace OpcPortal.Models;

/// <summary>What an act is about: with the act itself, all that its signature covers.</summary>
/// <param name="AgreementId">The agreement.</param>
/// <param name="Revision">Of the terms: 1 for what was proposed, one more with each renewal.</param>
/// <param name="Terms">What was put forward, is accepted or rejected, or is in force and suspended, resumed or revoked.</param>
public sealed record ActStatement(string AgreementId, int Revision, AgreementTerms Terms);
